
# Names of accounts, from the agent while the vault is unlocked. What is inserted is quoted as bash itself quotes.
_authr_with_names() {
    _authr "$@"
    local line=${COMP_LINE:0:COMP_POINT} word= quoted= at char
    # What is typed of the present word: readline hands over less of it where it holds a colon.
    for ((at = 0; at < ${#line}; at++)); do
        char=${line:at:1}
        case $char in
            '\') word+=${line:at:2} at=$((at + 1)) ;;
            [\"\'\$\`]) quoted=1 word+=$char ;;
            [[:blank:]]) word= ;;
            *) word+=$char ;;
        esac
    done
    # Within quotes of the person's own, names are left to the person.
    [[ -n $quoted || $word == -* ]] && return
    local before=${COMP_WORDS[COMP_CWORD-1]} known= other
    for other in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
        case $other in
            --home) return ;;
            COMMANDS) known=1 ;;
        esac
    done
    [[ -z $known ]] && return
    case $before in
        OPTIONS) return ;;
    esac
    # Up to the last character at which readline begins a word anew, it keeps what is there.
    local breaks= kept= name candidate names=()
    for char in = @ :; do
        [[ $COMP_WORDBREAKS == *"$char"* ]] && breaks+=$char
    done
    [[ -n $breaks ]] && kept=${word%"${word##*[$breaks]}"}
    # An @ begins a word and belongs to it.
    kept=${kept%@}
    while IFS= read -r name; do
        printf -v candidate %q "$name"
        [[ $candidate == "$word"* ]] && names+=("${candidate#"$kept"}")
    done < <(command "$1" complete-names 2>/dev/null)
    ((${#names[@]})) && COMPREPLY=("${names[@]}")
}
