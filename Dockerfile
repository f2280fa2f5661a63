# One image for web, worker, beat and migrate; docker-compose.yml says what each runs.

FROM python:3.11-slim AS packages
COPY requirements.txt .
RUN python -m venv /venv && /venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.11-slim
ENV PATH=/venv/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 \
    MODE=production VAR_DIR=/data STATIC_ROOT=/srv/static
RUN useradd --system --uid 10001 --no-create-home memberpulse && install -d -o memberpulse -g memberpulse /data
COPY --from=packages /venv /venv
WORKDIR /srv/memberpulse
COPY . .
# The values are for this one command, which contacts nothing.
RUN VAR_DIR=/tmp/build SECRET_KEY=unused SITE_URL=https://unused.example.org DATABASE_URL=postgres://unused/unused \
    EMAIL_URL=smtp://unused CELERY_BROKER_URL=redis://:unused@unused/0 \
    python manage.py collectstatic --noinput --verbosity 0
USER memberpulse
VOLUME /data
EXPOSE 8000
CMD ["gunicorn", "memberpulse.wsgi", "--config", "python:memberpulse.gunicorn", "--bind", "0.0.0.0:8000", "--worker-tmp-dir", "/dev/shm"]
