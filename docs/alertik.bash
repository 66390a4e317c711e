# Made from the help texts: UPDATE_SNAPSHOTS=1 cargo test -p alertik --test manual
_alertik() {
    local words=
    if ((COMP_CWORD == 1)); then
        words='check match events notify-test health demo help --help --version'
    else
        case ${COMP_WORDS[1]} in
            check) words='--verbose --only-variables --help' ;;
            match) words='--all --explain --json --step --time-from-lines --pack --regex --mask --help' ;;
            events) words='--json --help' ;;
            notify-test) words='--help Telegram Slack Teams Discord Generic1 Generic2 Generic3 Generic4 Console Mail' ;;
            health) words='--json --prometheus --live --help' ;;
            demo) words='--once --help' ;;
            help) words='check match events notify-test health demo variables' ;;
        esac
    fi
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _alertik alertik
