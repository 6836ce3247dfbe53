//! The replay beside Alembic: the walk asks for the proof of a revision and goes on with the next, and only waits to hear
//! that the way up leads where it should. The walk is never more than one revision ahead.

use std::sync::Arc;

use tokio::sync::{mpsc, oneshot};

use super::AlembicError;
use super::ground::Ground;
use super::prove::{Case, Proof, Replay};
use super::sift::VersionTable;
use super::walk::Page;
use crate::history::History;
use crate::schema::trial::Moment;

/// Where the walk asks.
#[derive(Debug)]
pub(super) struct Prover(mpsc::Sender<Order>);

/// What is to be proven: first the way up.
#[derive(Debug)]
pub(super) struct Order {
    page: Page,
    pinned: Option<String>,
    version: VersionTable,
    /// What Alembic's run left.
    after: Arc<Moment>,
    leads_there: oneshot::Sender<bool>,
    rest: oneshot::Receiver<Rest>,
}

/// And then the way back.
#[derive(Debug)]
struct Rest {
    /// What Alembic's way back left, where there is one to be tried.
    back: Option<Arc<Moment>>,
    /// A copy of what Alembic's run left, where the way up does not lead there.
    twin: Option<Ground>,
}

/// A revision whose way up is being replayed.
#[derive(Debug)]
pub(super) struct Asked {
    leads_there: oneshot::Receiver<bool>,
    rest: oneshot::Sender<Rest>,
}

/// A revision whose way up was replayed.
#[derive(Debug)]
pub(super) struct Waits(oneshot::Sender<Rest>);

/// Both ends.
pub(super) fn pair() -> (Prover, mpsc::Receiver<Order>) {
    let (sender, receiver) = mpsc::channel(1);
    (Prover(sender), receiver)
}

impl Prover {
    /// Asks for the proof of a revision; none when the replay has ended, which then says why.
    pub async fn ask(
        &self,
        page: Page,
        pinned: Option<String>,
        version: VersionTable,
        after: Arc<Moment>,
    ) -> Option<Asked> {
        let (tell, leads_there) = oneshot::channel();
        let (go_on, rest) = oneshot::channel();
        let order = Order { page, pinned, version, after, leads_there: tell, rest };
        self.0.send(order).await.ok()?;
        Some(Asked { leads_there, rest: go_on })
    }
}

impl Asked {
    /// Whether the way up leads where Alembic's run led; none when the replay has ended.
    pub async fn leads_there(self) -> Option<(bool, Waits)> {
        Some((self.leads_there.await.ok()?, Waits(self.rest)))
    }
}

impl Waits {
    /// Has the replay try the way back, on its own database or on a copy of Alembic's.
    pub fn go_on(self, back: Option<Arc<Moment>>, twin: Option<Ground>) {
        // a replay that has ended says so at the next order
        let _ = self.0.send(Rest { back, twin });
    }
}

/// Proves what it is asked for, in the order in which it is asked, until nobody asks any more.
///
/// # Errors
/// When the files do not fit together, or the server does not answer.
pub(super) async fn work(
    mut replay: Replay,
    mut history: History,
    folder: tempfile::TempDir,
    mut orders: mpsc::Receiver<Order>,
) -> Result<(History, tempfile::TempDir, Vec<(Proof, Proof)>), AlembicError> {
    let mut proofs = Vec::new();
    while let Some(Order { page, pinned, version, after, leads_there, rest }) = orders.recv().await {
        let path = folder.path().join(&page.file);
        for (name, bytes) in &page.beside {
            std::fs::write(folder.path().join(name), bytes).map_err(AlembicError::File)?;
        }
        let text = page.proven_as.unwrap_or(page.text);
        std::fs::write(&path, &text).map_err(AlembicError::File)?;
        if let Some(path) = &pinned {
            replay.pin(path);
        }
        history = history.with([(path, text)]).map_err(Box::new)?;
        let Some(index) = history.graph().find(&page.id) else {
            // not in its own history: there is nothing to run
            let _ = leads_there.send(true);
            proofs.push(Default::default());
            continue;
        };
        let case = Case { history: &history, index, version: &version };
        let up = replay.up(&case, &after).await?;
        // a walk that has ended asks for nothing more
        let _ = leads_there.send(up == Proof::Equal);
        let Ok(Rest { back, twin }) = rest.await else { break };
        if let Some(twin) = twin {
            replay.go_on_from(twin, &case).await?;
        }
        let down = match back {
            Some(expected) => replay.down(&case, &expected).await?,
            None => Proof::Equal,
        };
        proofs.push((up, down));
    }
    Ok((history, folder, proofs))
}
