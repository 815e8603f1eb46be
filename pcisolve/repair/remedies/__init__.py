"""What may be done about each rule's breaches, by family; proposals only, each is verified before it is shown."""
