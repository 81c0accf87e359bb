"""What a person does with one task, and what stands around it: drafts, remarks, papers, routing."""
