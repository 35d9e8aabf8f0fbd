"""What presscite costs, each figure beside the obvious alternative in the same run."""
