using OpsMonitor.Web.Conversion;
using Xunit;

namespace OpsMonitor.Tests.Web.Conversion;

/// <summary>Real logs that are test data only and live beside the repository, not in it.</summary>
internal static class SharedLogs
{
    private const string Variable = "OPSMONITOR_SHARED";

    /// <summary>The path of a shared file; skips the test that asks where it is not there.</summary>
    public static string Path(string relative)
    {
        var folder = Environment.GetEnvironmentVariable(Variable) ?? System.IO.Path.Combine(RepositoryRoot(), "..", "shared");
        var path = System.IO.Path.Combine(folder, relative);
        Assert.SkipUnless(File.Exists(path), $"no shared/{relative} beside the repository and none under ${Variable}");
        return path;
    }

    public static TextReader Open(string relative) => LogFile.Open(Path(relative));

    private static string RepositoryRoot()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "OpsMonitor.sln"))) return folder.FullName;
        return AppContext.BaseDirectory;
    }
}
