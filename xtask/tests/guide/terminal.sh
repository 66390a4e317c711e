# A terminal of the stand-in: runs what is pasted, one block in braces or single
# lines. As on a router, a block is read as a whole before any of it is run, so a
# property that the version does not know stops it before anything is changed.
#
# Sourced by router.sh, in the router's folder. Commands that change something are
# recorded in `pasted`, with the variables filled in.
shopt -s extglob
declare -A variable known

# Sets `number` to a version that can be compared.
numbered() {
    local major minor patch
    IFS=. read -r major minor patch <<< "$1"
    number=$((major * 1000000 + minor * 1000 + ${patch:-0}))
}

# Notes the properties that this version has.
learn() {
    local number now menu property since until
    numbered "$version"
    now=$number
    while IFS=$'\t' read -r menu property since until; do
        [[ $menu == /* ]] || continue
        numbered "$since"
        ((number <= now)) || continue
        numbered "${until:-8.0}"
        ((number > now)) && known[$menu $property]=1
    done < "$(dirname "${BASH_SOURCE[0]}")/properties.tsv"
}

# Checks the properties of a command.
check() {
    local menu=${1%% *} words property
    [[ $menu == /container* && -e no-container ]] && refuse "bad command name container (line 1 column 2)"
    # Without what stands in quotes and brackets.
    words=$(sed 's/"\(\\.\|[^"\\]\)*"//g; s/\[[^]]*\]//g' <<< "$1")
    case $menu in
        */add | */set)
            for property in ${words#"$menu"}; do
                [[ -n ${known[${menu%/*} ${property%%=*}]} ]] ||
                    refuse "expected end of command (line 1): ${property%%=*} in $menu"
            done ;;
        */remove)
            property=$(sed 's/.*where \([a-z-]*\)=.*/\1/' <<< "$1")
            [[ -n ${known[${menu%/*} $property]} ]] ||
                refuse "expected end of command (line 1): $property in $menu" ;;
        */start | */stop | */print) ;;
        *) refuse "bad command name ${menu##*/} (line 1 column 1)" ;;
    esac
}

# Checks every command in a line, also those in braces.
parse() {
    local rest=$1
    case $rest in
        ':do {'*'} on-error={}') rest=${rest#:do \{}; parse "${rest%%; *}" ;;
        ':local '* | ':set '* | ':if '* | ':for '* | ':delay '* | ':log '* | '{' | '}' | '') ;;
        /*) check "$rest" ;;
        *) refuse "bad command name ${rest%% *} (line 1 column 1)" ;;
    esac
}

# Prints the text with variables filled in.
filled() {
    local text=$1 name
    for name in "${!variable[@]}"; do text=${text//\$$name/${variable[$name]}}; done
    printf '%s' "$text"
}

# Prints the length of what a query finds.
length_of() {
    case $1 in
        '/file/find where name='*)
            local name=${1#*name=}
            [[ -e files/${name//\"/} ]] && echo 1 || echo 0 ;;
        '/ip/dns/get servers') [[ -e no-dns ]] && echo 0 || echo 1 ;;
        '/ip/dns/get dynamic-servers') echo 0 ;;
        '/container/find where comment="alertik" and '*)
            # The word for the state is another one since 7.21.
            if newer 7.21; then [[ $1 == *'!stopped' ]]; else [[ $1 == *'status!="stopped"' ]]; fi ||
                refuse "the stand-in has no such state: $1"
            [[ -e state && $(cat state) != stopped ]] && echo 1 || echo 0
            # Unpacking takes until the second look.
            [[ -e state && $(cat state) == extracting ]] && echo stopped > state ;;
        *) refuse "the stand-in cannot answer: $1" ;;
    esac
}

# Succeeds if a condition of numbers and lengths holds.
holds() {
    local condition=$1 query
    while [[ $condition == *'[:len ['* ]]; do
        query=${condition#*\[:len \[}
        query=${query%%\]\]*}
        condition=${condition/"[:len [$query]]"/$(length_of "$query")}
    done
    ((${condition/ = / == }))
}

# Runs a line.
execute() {
    local line pattern
    line=$(filled "$1")
    case $line in
        ':local '* | ':set '*)
            line=$1
            [[ $line =~ ^:[a-z]+\ ([a-z]+)\ \"(.*)\"$ ]] || refuse "syntax error: $line"
            variable[${BASH_REMATCH[1]}]=${BASH_REMATCH[2]} ;;
        ':if ('*)
            pattern='^:if \((.*)\) do=\{(.*)\}$'
            [[ $line =~ $pattern ]] || refuse "syntax error: $line"
            local body=${BASH_REMATCH[2]}
            holds "${BASH_REMATCH[1]}" && execute "$body"
            return 0 ;;
        ':for i from=1 to='*' do={'*'}')
            line=${line#*do=\{}
            local turn
            for turn in 1 2 3; do execute "${line%\}}"; done ;;
        ':do {'*'; '*) line=${line#:do \{}; execute "${line%%; *}" ;;
        ':error "'*) line=${line#:error \"}; refuse "${line%\"}" ;;
        /*) printf '%s\n' "$line" >> pasted; change "$line" ;;
    esac
}

# Changes the stand-in as a command would.
change() {
    case $1 in
        '/container/add '*)
            local file=${1#*file=}
            [[ -s files/${file%% *} ]] || refuse "failure: file not found"
            echo extracting > state ;;
        '/container/start '*)
            [[ -e state && $(cat state) == stopped ]] || refuse "failure: it is not stopped"
            echo running > state ;;
        '/container/stop '*) [[ ! -e state ]] || echo stopped > state ;;
        '/container/remove '*)
            [[ ! -e state || $(cat state) == stopped ]] || refuse "failure: it is running"
            rm -f state ;;
        '/container/print '*) say "0 comment=alertik status=$(cat state)" ;;
    esac
}

paste() {
    local lines line
    learn
    mapfile -t lines
    # Blanks before a command do not matter.
    lines=("${lines[@]##+([[:space:]])}")
    for line in "${lines[@]}"; do parse "$line"; done
    for line in "${lines[@]}"; do execute "$line"; done
}
