"""Serves the app to many: processes of it behind nginx, as a command, in a container, by Kubernetes or by systemd."""
