"""What each check must and must not find."""
