namespace OpsMonitor.Web.Adapters;

/// <summary>Secrets of senders: <c>secrets/NAME</c> in the data folder, a line each, so that two are live while one is rotated. Read anew each time.</summary>
public sealed class Secrets(string dataFolder)
{
    /// <summary>None where the file is missing, empty or cannot be read.</summary>
    public IReadOnlyList<string> Of(string name)
    {
        try
        {
            return [.. File.ReadAllLines(Path.Combine(dataFolder, "secrets", name)).Select(static l => l.Trim()).Where(static l => l.Length > 0)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
