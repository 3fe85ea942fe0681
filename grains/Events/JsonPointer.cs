using System.Text;

namespace OpsMonitor.Grains.Events;

/// <summary>RFC 6901 pointers.</summary>
internal static class JsonPointer
{
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>Turns the path of a serializer's exception, <c>$.a[0]['b.c']</c>, into <c>/a/0/b.c</c>.</summary>
    public static string FromPath(string? path)
    {
        var pointer = new StringBuilder();
        var i = path is ['$', ..] ? 1 : 0;
        while (path is not null && i < path.Length)
        {
            int end, next;
            if (path.AsSpan(i).StartsWith("['", StringComparison.Ordinal))
            {
                i += 2;
                end = path.IndexOf("']", i, StringComparison.Ordinal);
                next = end + 2;
            }
            else if (path[i] == '[')
            {
                end = path.IndexOf(']', ++i);
                next = end + 1;
            }
            else
            {
                if (path[i] == '.') i++;
                next = end = path.IndexOfAny(['.', '['], i);
            }
            if (end < 0) next = end = path.Length;
            pointer.Append('/').Append(Escape(path[i..end]));
            i = next;
        }
        return pointer.ToString();
    }
}
