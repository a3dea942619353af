"""What is measured, one command each: `python -m benchmarks NAME`; all of them with `make bench`."""
