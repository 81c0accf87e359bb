"""Papers printed from a case: what each says, gathered from its rows. `giving` enters them into the register."""
