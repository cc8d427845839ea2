"""Templates of the pages the command line writes."""
