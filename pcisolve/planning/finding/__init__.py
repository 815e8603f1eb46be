"""Why a plan cannot be had."""
