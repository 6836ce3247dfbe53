# Run by watchdog.rs, which says how it works. Standard input is the pipe.
# Arguments: data directory, named pipe or "", keep file or "", signal, directory to remove or "".
data=$1 pipe=$2 keep=$3 signal=$4 remove=$5
pid='' ready=''
trap '' HUP INT TERM

hear() {
  case $1 in
    pid\ *) pid=${1##* } ready='' ;;
    ready) ready=yes ;;
    gone) pid='' ;;
  esac
}

while :; do
  while read -r line; do hear "$line"; done
  [ -n "$pipe" ] || break
  mv -f "$pipe" "$pipe.closed" || break
  if read -r line; then
    hear "$line"
    mv -f "$pipe.closed" "$pipe"
    continue
  fi
  rm -f "$pipe.closed"
  break
done

if [ -n "$keep" ] && [ -e "$keep" ]; then exit 0; fi

# Is it still there, and still the server? Its number may have gone to another process since.
lives() {
  [ -n "$pid" ] && kill -0 "$pid" || return 1
  # a zombie, in a container whose first process collects none
  if [ -r "/proc/$pid/stat" ]; then
    read -r stat <"/proc/$pid/stat"
    case $stat in *') Z '*) return 1 ;; esac
  fi
  [ -n "$ready" ] || return 0
  named=''
  read -r named <"$data/postmaster.pid"
  [ "$named" = "$pid" ]
}

# end SIGNAL ROUNDS, of 20 ms each
end() {
  lives || return 0
  kill -s "$1" "$pid"
  round=0
  while [ "$round" -lt "$2" ] && lives; do
    sleep 0.02 || sleep 1
    round=$((round + 1))
  done
}

if [ "$signal" = INT ]; then end INT 3000; fi
end QUIT 300
end KILL 100

if [ -n "$remove" ]; then
  round=0
  while [ -e "$remove" ] && [ "$round" -lt 20 ]; do
    rm -rf "$remove" || sleep 1
    round=$((round + 1))
  done
  # the folder made for it, not one that somebody else keeps
  case ${remove%/*} in */cutover-*) rmdir "${remove%/*}" ;; esac
fi
