"""The playbook: a decision table that says whom to contact next, when and why. Pure."""
