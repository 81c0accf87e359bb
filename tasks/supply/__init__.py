"""What departments owe: reminders of their files, and the reviews a withdrawn file opens."""
