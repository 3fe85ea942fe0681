namespace OpsMonitor.Web.Adapters;

public enum AuthKind
{
    /// <summary>A live API key of OpsMonitor that may ingest, in <c>Authorization: Bearer</c> or <c>X-API-Key</c>.</summary>
    Key,

    /// <summary>A header with an HMAC of the raw body, perhaps with a time before it.</summary>
    Hmac,

    /// <summary>Twilio's: HMAC-SHA1 over the address and the fields of the form.</summary>
    Twilio,
}

public enum SignatureEncoding { Hex, Base64 }

/// <summary>How a sender proves who it is. The secret itself is never here: only the name of the file that holds it.</summary>
/// <param name="Secret">name of a file in <c>secrets</c> of the data folder</param>
/// <param name="TimestampHeader">its text stands before the body in what is signed, and must be of now, five minutes either way</param>
/// <param name="Url">the address as the sender knows it, where a proxy stands in between; null for the request's own</param>
public sealed record AdapterAuth(AuthKind Kind, string Secret = "", string Header = "", bool Sha1 = false, SignatureEncoding Encoding = SignatureEncoding.Hex, string Prefix = "", string? TimestampHeader = null, string? Url = null)
{
    public static readonly AdapterAuth ApiKey = new(AuthKind.Key);
}
