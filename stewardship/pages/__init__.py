"""Templates, style and script of the steward's pages; nothing is loaded from anywhere else."""
