"""``python -m ui``: what the ``presscite`` script does."""

from ui.cli.app import main

if __name__ == "__main__":
    main()
