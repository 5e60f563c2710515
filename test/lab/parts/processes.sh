# Processes in the background. Each service has a cgroup, which knows what it started and what is left of it.

# start NAME COMMAND...
start() {
  local name=$1 group=$processes/$1
  shift
  mkdir -p "$group" "$(dirname "$state/log/$name")"
  # In its cgroup before it is anything else.
  # shellcheck disable=SC2016 # for the other shell
  setsid bash -c 'echo $$ >"$1" && shift && exec "$@"' "$name" "$group/cgroup.procs" "$@" \
    </dev/null >>"$state/log/$name.log" 2>&1 9<&- &
}

# kept NAME COMMAND...: as a kubelet does with what a control plane is made of, it is started again where it ends.
# A scheduler of 1.36 ends by itself where it lists a pod anew that was replaced by another of its name meanwhile.
kept() {
  local name=$1
  shift
  # shellcheck disable=SC2016 # for the other shell
  start "$name" bash -c 'while :; do "$@"; echo "it ended ($?), and is started again"; sleep 1; done' "$name" "$@"
}

is_running() {
  [[ -n $(processes_in "$processes/$1") ]]
}

# stop NAME: at once, with all that it started. One that is just being started is found the next time.
stop() {
  while is_running "$1"; do
    processes_in "$processes/$1" | xargs -r kill -9 2>/dev/null || true
    sleep 0.05
  done
}

processes_in() {
  if [[ -e $1 ]]; then find "$1" -name cgroup.procs -exec cat {} + 2>/dev/null | sort -u; fi
}
