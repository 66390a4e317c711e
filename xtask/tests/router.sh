#!/bin/bash
# A stand-in for RouterOS' ssh server, as the forced command of a real sshd. It
# answers the queries of `xtask flash` from the files in its folder, records
# every command, refuses words its version does not know, and takes uploads
# with the real sftp-server.
cd "$1" || exit 1
command=$SSH_ORIGINAL_COMMAND
read -r version < version
say() { printf '%s\r\n' "$@"; }
done_line() { [[ $command == *'; :put "alertik: done"' ]] && say "alertik: done"; }
refuse() { say "$1"; exit 1; }
newer() { [[ $(printf '%s\n' "$1" "$version" | sort -V | head -n 1) == "$1" ]]; }

# Without a command it is a terminal, into which somebody pastes.
if [[ -z $command ]]; then
    source "$(dirname "${BASH_SOURCE[0]}")/guide/terminal.sh"
    paste
    exit
fi

if [[ $command == *sftp-server* || $command == internal-sftp ]]; then
    mkdir -p files; grep -q folder=1 facts && mkdir -p files/flash
    cd files && exec /usr/lib/openssh/sftp-server
fi
# What everybody on the user's machine can read in ssh's arguments.
printf '%s\n' "$command" >> arguments
[[ $command == '/import '* ]] || printf '%s\n' "$command" >> commands

if [[ $command == *container* && $command != *device-mode* && -e no-container ]]; then
    # Menus of a package that is not installed are syntax errors.
    [[ $command == */container/* ]] && refuse "bad command name container (line 1 column 28)"
fi
run() {
case $command in
    ':put ("architecture="'*) cat facts | while read -r line; do say "$line"; done ;;
    ':put ("containers="'*) say "containers=0" ;;
    ':put ("container="'*) say "container=$(cat device-mode)" ;;
    ':put ("servers="'*) say "servers=192.168.88.1" ;;
    *'/container/get $i root-dir'*) [[ -e root ]] && say "root=$(cat root)" ;;
    *'/container/get $i]}')
        # Unpacking takes until the second look.
        if [[ -e state ]]; then
            state=$(cat state)
            if newer 7.21; then say ".id=*1;comment=alertik;$state=true"
            else say ".id=*1;comment=alertik;status=$state"; fi
            [[ $state == extracting ]] && echo stopped > state
        fi ;;
    '/container/print'*) say "0 comment=alertik status=$(cat state)" ;;
    *'/disk/add type=tmpfs'*) mkdir -p files/tmpfs; done_line ;;
    '/container/envs/add name='* | '/container/envs/'*'where name='*)
        newer 7.20 && refuse "expected end of command (line 1 column 21)"; done_line ;;
    '/container/envs/add list='* | '/container/envs/'*'where list='*)
        newer 7.20 || refuse "expected end of command (line 1 column 21)"; done_line ;;
    '/container/mounts/add name='* | '/container/mounts/'*'where name='*)
        newer 7.21 && refuse "expected end of command (line 1 column 23)"; done_line ;;
    '/container/mounts/add list='* | '/container/mounts/'*'where list='*)
        newer 7.21 || refuse "expected end of command (line 1 column 23)"; done_line ;;
    '/container/add '*)
        [[ $command == *' envlist='* ]] && newer 7.20 && refuse "expected end of command"
        [[ $command == *' envlists='* ]] && ! newer 7.20 && refuse "expected end of command"
        [[ $command == *' auto-restart-interval='* ]] && ! newer 7.20 && refuse "expected end of command"
        [[ $command == *' restart-policy='* ]] && ! newer 7.23 && refuse "expected end of command"
        file=${command#*file=\"}
        [[ -s files/${file%%\"*} ]] || refuse "failure: file not found"
        echo extracting > state; done_line ;;
    '/container/start '*) echo running > state; done_line ;;
    '/container/remove '*) rm -f state; done_line ;;
    ':do {/container/stop '*) [[ -e state ]] && echo stopped > state; done_line ;;
    '/file/remove '*alertik-env.rsc*) rm -f files/alertik-env.rsc; done_line ;;
    '/file/remove '*) rm -f files/*/alertik.tar files/alertik.tar; done_line ;;
    ':if '* | '/system/logging/'* | '/ip/address/remove'* | '/interface/veth/remove'*) done_line ;;
    '/log/print'*) cat log 2>/dev/null ;;
    *) refuse "bad command name (line 1 column 1)" ;;
esac
}

if [[ $command == '/import '* ]]; then
    file=${command#*file-name=\"}
    [[ -s files/${file%%\"*} ]] || refuse "file not found"
    # Each line is a command; the first one that fails ends the script.
    while IFS= read -r line; do
        [[ -e refuse-secrets && $line == *SECRET* ]] && refuse "bad value in $line (line 1 column 9)"
        command="$line; :put \"alertik: done\""
        printf '%s\n' "$command" >> commands
        said=$(run) || refuse "$said (line 1 column 21)"
    done < "files/${file%%\"*}"
    say "Script file loaded and executed successfully" "alertik: done"
else
    run
fi
exit 0
