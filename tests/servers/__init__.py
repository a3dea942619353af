"""Real servers for the tests: where their programs are, how to get them, how to start and end them."""
