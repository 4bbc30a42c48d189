# Read by the scripts beside it. run_folder HOME: makes a folder for a run in HOME and prints it, after it removed those of runs that were killed:
# older ones that no process names or is in.
run_folder() {
  local old
  mkdir -p "$1"
  if [ -e /proc/self/cmdline ]; then
    for old in "$1"/run-*; do
      [ -n "$(find "$old" -maxdepth 0 -mmin +60 2> /dev/null)" ] || continue
      [ -n "$(find /proc/[0-9]*/cwd -maxdepth 0 -lname "$old*" 2> /dev/null)" ] && continue
      grep -qsF -- "$old" /proc/[0-9]*/cmdline || rm -rf "$old"
    done
  fi
  mktemp -d "$1/run-XXXXXX"
}
