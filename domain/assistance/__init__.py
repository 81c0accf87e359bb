"""What the departments decide: programmes, recipients, determinations and their notices."""
