#!/usr/bin/env python
"""Django's command line for MemberPulse Support Reporting."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "memberpulse.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as fault:
        if "--traceback" in sys.argv:
            raise
        # Whoever set the environment needs the sentence, not the way to it.
        sys.exit(str(fault))


if __name__ == "__main__":
    main()
