using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http.Extensions;
using Microsoft.AspNetCore.WebUtilities;

namespace OpsMonitor.Web.Adapters;

/// <summary>Whether a request was signed by who knows the secret. Compares in constant time; neither secret nor signature is ever logged or answered.</summary>
internal static class Signatures
{
    private static readonly TimeSpan Tolerance = TimeSpan.FromMinutes(5);

    /// <param name="secrets">any of these will do: while one is rotated there are two</param>
    public static bool Verify(AdapterAuth auth, IReadOnlyList<string> secrets, HttpRequest request, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        var header = request.Headers[auth.Header];
        if (header.Count != 1 || Decode(auth, header[0]!) is not { } presented) return false;
        if ((auth.Kind == AuthKind.Twilio ? TwilioText(auth, request, body) : Text(auth, request, body, now)) is not { } signed) return false;
        var good = false;
        foreach (var secret in secrets)
        {
            var key = Encoding.UTF8.GetBytes(secret);
            good |= CryptographicOperations.FixedTimeEquals(auth.Sha1 ? Sha1(key, signed) : HMACSHA256.HashData(key, signed), presented);
        }
        return good;
    }

    private static byte[]? Decode(AdapterAuth auth, string text)
    {
        if (!text.StartsWith(auth.Prefix, StringComparison.Ordinal)) return null;
        text = text[auth.Prefix.Length..].Trim();
        try { return auth.Encoding == SignatureEncoding.Hex ? Convert.FromHexString(text) : Convert.FromBase64String(text); }
        catch (FormatException) { return null; }
    }

    private static byte[]? Text(AdapterAuth auth, HttpRequest request, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        if (auth.TimestampHeader is null) return body.ToArray();
        var stamp = request.Headers[auth.TimestampHeader];
        if (stamp.Count != 1 || Stamp(stamp[0]!) is not { } at || (now - at).Duration() > Tolerance) return null;
        return [.. Encoding.UTF8.GetBytes(stamp[0]!), .. body];
    }

    private static DateTimeOffset? Stamp(string text)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 253402300800) return DateTimeOffset.FromUnixTimeSeconds(seconds);
        return DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? at : null;
    }

    /// <summary>Twilio signs the address, then each field of the form in the order of their names, name and value; a body of JSON by its hash in the address.</summary>
    private static byte[]? TwilioText(AdapterAuth auth, HttpRequest request, ReadOnlySpan<byte> body)
    {
        var url = auth.Url is { } known ? known + request.QueryString.Value : request.GetEncodedUrl();
        if (!request.HasFormContentType)
        {
            var hash = request.Query["bodySHA256"];
            return hash.Count == 1 && string.Equals(hash[0], Convert.ToHexString(SHA256.HashData(body)), StringComparison.OrdinalIgnoreCase) ? Encoding.UTF8.GetBytes(url) : null;
        }
        var text = new StringBuilder(url);
        foreach (var (name, values) in QueryHelpers.ParseQuery(Encoding.UTF8.GetString(body)).OrderBy(static f => f.Key, StringComparer.Ordinal))
            foreach (var value in values.Distinct().Order(StringComparer.Ordinal)) text.Append(name).Append(value);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

#pragma warning disable CA5350 // what the sender signs with is the sender's to choose: Twilio and Zammad know nothing but SHA-1
    private static byte[] Sha1(byte[] key, byte[] text) => HMACSHA1.HashData(key, text);
#pragma warning restore CA5350
}
