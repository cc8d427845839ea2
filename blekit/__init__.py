"""The command line, the local runtime and the scorer of Błękit."""
