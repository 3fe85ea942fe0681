using System.Globalization;
using OpsMonitor.Grains.Events;

namespace OpsMonitor.Grains.Customers;

/// <summary>What one contact or ticket of a customer's file counts for is a row of its own, so that a change exchanges that alone. Here is the name of such a row.</summary>
internal static class CustomerPart
{
    private const string Prefix = "\u0001fact/"; // no reference to a customer begins so

    public static Subject Of(string customer, in Placed place)
    {
        var contact = place.Who.ToString();
        return new(SubjectKind.Other, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{place.At}/{contact.Length}/{contact}{customer}"));
    }

    /// <summary>The contact or ticket behind a row, and in whose file it stands at which place.</summary>
    public static bool TryRead(Subject part, out string customer, out Placed place)
    {
        (customer, place) = ("", default);
        var id = part.Id;
        if (part.Kind != SubjectKind.Other || !id.StartsWith(Prefix, StringComparison.Ordinal)) return false;
        var first = id.IndexOf('/', Prefix.Length);
        var second = first < 0 ? -1 : id.IndexOf('/', first + 1);
        if (second < 0 || !long.TryParse(id.AsSpan(Prefix.Length, first - Prefix.Length), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var at)) return false;
        if (!int.TryParse(id.AsSpan(first + 1, second - first - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length) || second + 1 + length > id.Length) return false;
        (customer, place) = (id[(second + 1 + length)..], new(at, Subject.Parse(id.Substring(second + 1, length))));
        return true;
    }
}
