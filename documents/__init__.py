"""Paper: canonical data in, bytes out. Typst makes the PDFs, a spreadsheet writer the lists; no database, no clock."""
