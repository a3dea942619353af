"""`python -m grafana`."""

from grafana.generate import main

if __name__ == "__main__":
    raise SystemExit(main())
