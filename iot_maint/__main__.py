"""`python -m iot_maint` is `iot-maint`."""

from iot_maint.cli import main

main()
