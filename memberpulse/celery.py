"""The Celery application. Settings named ``CELERY_*`` configure it."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memberpulse.settings")

app = Celery("memberpulse")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
