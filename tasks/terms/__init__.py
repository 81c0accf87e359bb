"""The legal clock at work: terms, reminders, notices, mails and calendars."""
