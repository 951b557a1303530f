//! The command line: exit status, what goes to standard output and what beside it.
