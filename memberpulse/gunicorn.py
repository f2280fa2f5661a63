"""How gunicorn serves the site, under ``manage.py up`` as in docker-compose.yml."""

from celery.platforms import set_pdeathsig

worker_class = "gthread"
workers = 2
threads = 4
# Loaded once and then forked: the second worker costs neither time nor memory.
preload_app = True
graceful_timeout = 5
# It would be made in the home folder, which need not exist.
control_socket_disable = True


def post_fork(server, worker):
    """A worker dies with its master, also one that is busy: otherwise it would go on holding the port."""
    set_pdeathsig("SIGKILL")
