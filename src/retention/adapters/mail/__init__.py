"""Letters by SMTP."""

from retention.adapters.mail.smtp import SmtpCourier

__all__ = ["SmtpCourier"]
