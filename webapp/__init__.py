"""The pages and the API. `webapp.app.create_app` puts the application together, `webapp.serve` runs it."""
