using System.Text;
using NodaTime;

namespace OpsMonitor.Web.Conversion;

/// <summary>What the converters share about text and time.</summary>
internal static class LogText
{
    /// <summary>"Group 56" as an id: <c>group-56</c>. Null for nothing and for <c>?</c>, the usual mark of a missing value.</summary>
    public static string? Slug(string? text)
    {
        if (text is null) return null;
        var slug = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsLetterOrDigit(c)) slug.Append(char.ToLowerInvariant(c));
            else if (slug.Length > 0 && slug[^1] != '-') slug.Append('-');
        }
        var trimmed = slug.ToString().TrimEnd('-');
        return trimmed.Length == 0 ? null : trimmed;
    }

    public static Instant At(LocalDateTime local, DateTimeZone zone) => local.InZoneLeniently(zone).ToInstant();
}
