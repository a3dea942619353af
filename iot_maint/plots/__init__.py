"""Pictures, drawn without a screen and without any state that threads would share."""
