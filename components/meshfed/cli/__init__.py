"""The `meshfed` command, a module a verb; other distributions add verbs by the entry point `meshfed.commands`."""
