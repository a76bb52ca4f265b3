# Names of accounts, from the agent while the vault is unlocked. zsh quotes what it inserts.
_authr_names() {
    local -a names
    names=("${(@f)$(command authr complete-names 2>/dev/null)}")
    names=("${(@)names:#}")
    compadd -a names
}

