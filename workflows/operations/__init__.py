"""Operations that diagrams may call: diagram variables in, domain verb called, JSON-able dict out."""
