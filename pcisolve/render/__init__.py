"""Answers as text: findings, trees."""
