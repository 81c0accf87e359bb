"""Files made to do harm, or harmed on their way: each is refused whole with its reason and place, or loses no row."""
