//! Server settings of the two kinds of servers. Pure data.

/// Settings of a throw-away server: nothing it has must outlive it, it should start fast and take
/// little memory, and it must mean the same on every machine.
pub fn scratch(major: u32) -> Vec<(String, String)> {
    let mut settings = vec![
        ("fsync", "off"),
        ("synchronous_commit", "off"),
        ("full_page_writes", "off"),
        ("wal_level", "minimal"),
        ("max_wal_senders", "0"),
        ("wal_init_zero", "off"),
        // a checkpoint would only write what is thrown away
        ("max_wal_size", "2GB"),
        ("checkpoint_timeout", "1h"),
        ("autovacuum", "off"),
        ("bgwriter_lru_maxpages", "0"),
        ("shared_buffers", "32MB"),
        ("max_connections", "50"),
        ("max_logical_replication_workers", "0"),
        ("max_parallel_workers_per_gather", "0"),
        ("max_parallel_maintenance_workers", "0"),
        ("max_prepared_transactions", "4"),
        // in the data directory and not in /dev/shm, where a killed server would leave it
        ("dynamic_shared_memory_type", "mmap"),
        ("huge_pages", "off"),
        ("jit", "off"),
        ("timezone", "UTC"),
        ("log_timezone", "UTC"),
        ("log_checkpoints", "off"),
    ];
    if major >= 18 {
        // three processes fewer
        settings.push(("io_method", "sync"));
    }
    owned(&settings)
}

/// Settings of the user's own server. Few: the rest is PostgreSQL's default, for the user to
/// change in `postgresql.conf`.
pub fn durable() -> Vec<(String, String)> {
    owned(&[("logging_collector", "off"), ("log_destination", "stderr")])
}

fn owned(settings: &[(&str, &str)]) -> Vec<(String, String)> {
    settings.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}
