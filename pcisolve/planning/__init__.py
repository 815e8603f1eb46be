"""Plan files, in the order in which things happen: file, model, layout, check, finding."""
