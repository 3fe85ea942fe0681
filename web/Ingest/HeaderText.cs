using System.Globalization;
using System.Text;
using System.Text.Unicode;

namespace OpsMonitor.Web.Ingest;

/// <summary>Header values as the HTTP binding of CloudEvents writes them.</summary>
internal static class HeaderText
{
    /// <summary>Undoes quotes and percent-encoding. Null where that leaves something that is not UTF-8.</summary>
    public static string? Decode(string value)
    {
        if (value.Length >= 2 && value[0] == '"' && value[^1] == '"') value = Unquote(value[1..^1]);
        var bytes = Encoding.UTF8.GetBytes(value);
        var length = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            if (b == '%')
            {
                if (i + 2 >= bytes.Length || !byte.TryParse(bytes.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out b)) return null;
                i += 2;
            }
            bytes[length++] = b;
        }
        return Utf8.IsValid(bytes.AsSpan(0, length)) ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }

    private static string Unquote(string inner)
    {
        var text = new StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
        {
            if (inner[i] == '\\' && i + 1 < inner.Length) i++;
            text.Append(inner[i]);
        }
        return text.ToString();
    }
}
