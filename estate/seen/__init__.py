"""How one legacy system sees its part of the world, one module per group of columns."""
