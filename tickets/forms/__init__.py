"""What people write into forms, and what it says."""
