# For tests of ./learn at a terminal, which is tmux's. Wants $scratch, a folder, and $socket,
# a name. Everything waits for what is to be seen, and no time; the pauses only leave the
# core to others.
screen() { tmux -L $socket capture-pane -p -S -2000; }
type_keys() { tmux -L $socket send-keys "$@"; }
failed() {
    echo "FAIL  $1; on the screen is:"
    screen
    exit 1
}
sees() { # sees TEXT [SECONDS]
    tries=0
    until screen | grep -qF -- "$1"; do
        tries=$((tries + 1))
        [ $tries -lt $((${2:-60} * 10)) ] || failed "never seen: $1"
        sleep 0.1
    done
    echo "ok    sees: $1"
}
command_done() { # command_done [SECONDS]: the shell asks for the next command
    tries=0
    until [ "$(screen | grep -v '^ *$' | tail -n 1 | tr -d ' ')" = 'ready>' ]; do
        tries=$((tries + 1))
        [ $tries -lt $((${1:-60} * 10)) ] || failed 'no prompt'
        sleep 0.1
    done
}
does() { # does COMMAND: on a clean screen
    command_done
    type_keys -R \; clear-history
    type_keys "$1" Enter
}
begin_terminal() { # begin_terminal FOLDER VARIABLE=VALUE...: a shell there, 80 by 24
    echo "PS1='ready> '" >"$scratch/rc"
    folder=$1
    shift
    env -i PATH="$PATH" HOME="$scratch" TERM=screen ENV="$scratch/rc" LANG=C.UTF-8 "$@" \
        tmux -u -L $socket -f /dev/null new-session -d -x 80 -y 24 -c "$folder" 'exec sh -i'
}
end_terminal() { tmux -L $socket kill-server 2>/dev/null || true; }
