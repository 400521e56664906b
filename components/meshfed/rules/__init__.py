"""Rules of the policy gate, by subject: pure generators over plain values. They read no file and know no engine."""
